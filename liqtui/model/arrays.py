"""Arrays by what they hold, for annotations where numpy must not be loaded: it takes longer than the first screen."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Int64s = NDArray[np.int64]
    Float32s = NDArray[np.float32]
    Float64s = NDArray[np.float64]
    Bools = NDArray[np.bool_]
else:
    Int64s = Float32s = Float64s = Bools = Any
