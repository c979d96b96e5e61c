"""What each command of ``sidscope`` does; imported when it runs."""
