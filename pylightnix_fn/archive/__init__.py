"""Archives of strangers, unpacked without trusting what they say."""
