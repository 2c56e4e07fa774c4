"""Flows as files: JSON and Markdown, which come back as they went out, and Mermaid for pictures."""
