"""An unchanged script of a scientist: LightGBM under mlflow.autolog()."""

import lightgbm as lgb
import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

mlflow.autolog()
mlflow.set_experiment("autolog lightgbm")
x, y = load_breast_cancer(return_X_y=True, as_frame=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=1)
train = lgb.Dataset(x_train, label=y_train)
valid = lgb.Dataset(x_test, label=y_test, reference=train)
with mlflow.start_run(run_name="boosted"):
    lgb.train(
        {"objective": "binary", "metric": "binary_logloss", "learning_rate": 0.1, "seed": 1, "num_threads": 1, "verbose": -1},
        train,
        num_boost_round=30,
        valid_sets=[train, valid],
        valid_names=["train", "valid"],
    )
