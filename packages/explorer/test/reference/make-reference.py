"""Reference values for the Gaussian process, computed once with scikit-learn and SciPy and stored beside this script.

Run: python make-reference.py > gaussian-process.json   (scikit-learn 1.x, SciPy 1.x, NumPy)

Two independent routes: scikit-learn's GaussianProcessRegressor for plain ARD Matern-5/2 kernels with white noise, and
a direct computation with scipy.linalg for kernels that scikit-learn lacks (categorical inputs,
extra noise of single values).
"""

import json
import sys

import numpy as np
import scipy
import scipy.linalg
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(20240607)


def matern(r):
    s = np.sqrt(5.0) * r
    return (1 + s + s**2 / 3) * np.exp(-s)


def with_scikit_learn(n, d, m, lengths, signal, offset, noise):
    x, fresh = rng.uniform(size=(n, d)), rng.uniform(size=(m, d))
    y = np.sin(5 * x[:, 0]) + x.sum(axis=1) ** 2 + 0.1 * rng.normal(size=n)
    latent = ConstantKernel(signal) * Matern(length_scale=lengths, nu=2.5)
    if offset > 0:
        latent = latent + ConstantKernel(signal * offset)
    model = GaussianProcessRegressor(latent + WhiteKernel(noise), alpha=0.0, optimizer=None).fit(x, y)
    mean, sd = model.predict(fresh, return_std=True)
    return {
        "name": f"scikit-learn n={n} d={d}",
        "rows": x.tolist(), "values": y.tolist(), "fresh": fresh.tolist(), "categorical": [False] * d,
        "extra_noise": [0.0] * n,
        "length_scales": list(lengths), "signal": signal, "offset": offset, "noise": noise,
        "mean": mean.tolist(),
        # WhiteKernel adds the noise to the predicted variance; the latent function's variance is without it.
        "variance": (sd**2 - noise).tolist(),
        "log_likelihood": float(model.log_marginal_likelihood_value_),
    }


def with_scipy(n, m, categorical, lengths, signal, offset, noise, extra):
    d = len(categorical)

    def draw(count):
        columns = [rng.integers(0, 4, count).astype(float) if c else rng.uniform(size=count) for c in categorical]
        return np.stack(columns, axis=1)

    x, fresh = draw(n), draw(m)
    y = x @ np.linspace(-1, 1, d) + 0.3 * rng.normal(size=n)
    extra_noise = np.where(np.arange(n) % 5 == 0, extra, 0.0)

    def covariance(a, b):
        parts = []
        for c in range(d):
            difference = a[:, c][:, None] - b[:, c][None, :]
            parts.append((difference != 0).astype(float) if categorical[c] else np.abs(difference))
        scaled = [part / length for part, length in zip(parts, lengths)]
        radial = matern(np.sqrt(sum(part**2 for part in scaled)))
        return signal * (radial + offset)

    k = covariance(x, x) + np.diag(noise + extra_noise)
    factor = scipy.linalg.cho_factor(k, lower=True)
    weights = scipy.linalg.cho_solve(factor, y)
    cross = covariance(fresh, x)
    prior = signal * (1 + offset)
    variance = prior - np.einsum("ij,ji->i", cross, scipy.linalg.cho_solve(factor, cross.T))
    _, log_determinant = np.linalg.slogdet(k)
    return {
        "name": f"scipy n={n} d={d} with categories",
        "rows": x.tolist(), "values": y.tolist(), "fresh": fresh.tolist(), "categorical": list(categorical),
        "extra_noise": extra_noise.tolist(),
        "length_scales": list(lengths), "signal": signal, "offset": offset, "noise": noise,
        "mean": (cross @ weights).tolist(), "variance": variance.tolist(),
        "log_likelihood": float(-0.5 * y @ weights - 0.5 * log_determinant - 0.5 * n * np.log(2 * np.pi)),
    }


cases = [
    with_scikit_learn(2, 1, 5, [0.4], 1.0, 0.0, 1e-2),
    with_scikit_learn(15, 2, 12, [0.3, 1.5], 2.5, 0.0, 1e-2),
    with_scikit_learn(40, 4, 12, [0.5, 2.0, 0.8, 5.0], 0.7, 1.0, 1e-3),
    with_scikit_learn(61, 6, 12, [0.7, 0.9, 1.1, 3.0, 2.0, 0.5], 1.8, 0.5, 5e-2),
    with_scipy(25, 10, [True, False, True], [1.2, 0.5, 0.6], 1.3, 1.0, 1e-2, 0.0),
    with_scipy(47, 10, [False, True, True, False], [0.4, 1.5, 0.8, 2.0], 0.9, 1.0, 2e-2, 0.7),
]
versions = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
json.dump({"made_with": versions, "cases": cases}, sys.stdout, indent=None)
