"""One thread for numpy: our matrices are small, and where processors are shared a second one only keeps both waiting.

To be imported before numpy is.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
