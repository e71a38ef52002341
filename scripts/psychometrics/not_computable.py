"""What these data do not allow to be computed."""


class NotComputable(ValueError):
    """A number that the data do not allow: no variance, no solution, too few people; the message is the reason.

    A mistake of the caller, such as an unknown name of a method, is a plain `ValueError`.
    """
