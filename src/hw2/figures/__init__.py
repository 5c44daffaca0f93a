"""What the report shows: figures drawn from records, no training here.

The functions make their figures without pyplot and leave no state behind. It is imported all the same: only
then does a notebook, in whatever editor it is open, know how to show a figure.
"""

import matplotlib.pyplot  # noqa: F401
