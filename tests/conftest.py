"""What holds for every test."""

import os

# The model's matrices are small: threads over them wait for each other, longest where other tests run beside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
