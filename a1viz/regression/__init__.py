"""Question 1: linear regression, from the gradient to double descent.

fit             weights in closed form, any shape, any rank
descend         gradient descent, judged against the closed form
training_errors what noisy labels leave, by Monte Carlo; expected_training_error, by theory
fit_poly        polynomials of any degree; degree_sweep, their test errors
double_descent  test error by the number of examples; expected_test_error, by theory
exact_fit, exact_poly   the same in fractions, to judge by
"""

from .closed_form import Fit as Fit
from .closed_form import fit as fit
from .closed_form import textbook as textbook
from .descent_path import Descent as Descent
from .descent_path import descend as descend
from .exact_arithmetic import exact_fit as exact_fit
from .interpolation_peak import DoubleDescent as DoubleDescent
from .interpolation_peak import double_descent as double_descent
from .interpolation_peak import expected_test_error as expected_test_error
from .label_noise import NoiseTable as NoiseTable
from .label_noise import expected_training_error as expected_training_error
from .label_noise import training_errors as training_errors
from .polynomials import DegreeSweep as DegreeSweep
from .polynomials import PolynomialFit as PolynomialFit
from .polynomials import degree_sweep as degree_sweep
from .polynomials import error_on_target as error_on_target
from .polynomials import exact_poly as exact_poly
from .polynomials import fit_poly as fit_poly
from .polynomials import noisy_points as noisy_points
