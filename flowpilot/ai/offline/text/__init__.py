"""Reading ticket text: lines, sections, blocks, sentences, and where each stands in the source."""
