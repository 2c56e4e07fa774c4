"""The guided thread: its page, the turns behind it and the stream that shows them."""
