"""One thread for numpy: our matrices are small; on shared processors a second one only keeps both waiting.

To be imported before numpy is, which looks at this once, while it is loaded.
"""

import os

os.putenv("OPENBLAS_NUM_THREADS", "1")
