"""Fill neural-network weight arrays on the CPU: fast, reproducibly, with true distributions.

>>> import fastinit as fi
>>> W = fi.he_normal((4096, 1024), rng=0)
>>> fi.glorot_uniform(out=W, rng=0, fans="oi") is W
True
"""

from fastinit.common import interpreter as _interpreter

_interpreter.check_main()

from fastinit import isa as _isa  # noqa: E402  nothing compiled is loaded elsewhere

_isa.choose()

from fastinit._version import __version__  # noqa: E402  the kernels are chosen first
from fastinit.checking.calibration import calibrate  # noqa: E402
from fastinit.checking.checkup import check  # noqa: E402
from fastinit.config import show_config  # noqa: E402
from fastinit.filling.memory import empty  # noqa: E402
from fastinit.filling.threads import get_num_threads, set_num_threads  # noqa: E402
from fastinit.laws.axis_roles import axes  # noqa: E402
from fastinit.laws.fan_rules import fans  # noqa: E402
from fastinit.laws.gains import gain  # noqa: E402
from fastinit.plans.batch import initialize  # noqa: E402
from fastinit.plans.distinct_schemes import keep  # noqa: E402
from fastinit.plans.part import part  # noqa: E402
from fastinit.schemes.basic import normal, random_normal, random_uniform, truncated_normal, uniform  # noqa: E402
from fastinit.schemes.constant import constant, log_odds, ones, zeros  # noqa: E402
from fastinit.schemes.diagonal import dirac, identity  # noqa: E402
from fastinit.schemes.glorot_he import (  # noqa: E402
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    xavier_normal,
    xavier_uniform,
)
from fastinit.schemes.orthogonal import delta_orthogonal, orthogonal  # noqa: E402
from fastinit.schemes.recommendation import recommend  # noqa: E402
from fastinit.schemes.register import get, schemes  # noqa: E402
from fastinit.schemes.scaled import fan_in_uniform, lecun_normal, lecun_uniform, variance_scaling  # noqa: E402
from fastinit.schemes.sparse import sparse  # noqa: E402


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "__version__",
    "axes",
    "calibrate",
    "check",
    "constant",
    "delta_orthogonal",
    "dirac",
    "empty",
    "fan_in_uniform",
    "fans",
    "gain",
    "get",
    "get_num_threads",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "initialize",
    "kaiming_normal",
    "kaiming_uniform",
    "keep",
    "lecun_normal",
    "lecun_uniform",
    "log_odds",
    "normal",
    "ones",
    "orthogonal",
    "part",
    "random_normal",
    "random_uniform",
    "recommend",
    "schemes",
    "set_num_threads",
    "show_config",
    "sparse",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
