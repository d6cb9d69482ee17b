"""Articles to stories, and words to the stories that match them."""
