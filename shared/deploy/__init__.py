"""What a deployment is made of, told by the code itself: the sink's filter, and the permissions of each identity."""
