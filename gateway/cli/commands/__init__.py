"""The commands of each noun: names, options and help. What one does is imported when it runs, so that help is quick."""
