"""What leaves the page: a link that restores picture and settings, and a ZIP with all that was found."""
