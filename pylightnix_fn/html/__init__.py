"""Values as notebooks show them: HTML without scripts, in the colours of the page around it."""
