"""An unchanged script of a scientist: scikit-learn under mlflow.autolog()."""

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, train_test_split

mlflow.autolog()
mlflow.set_experiment("autolog sklearn")
x, y = load_diabetes(return_X_y=True, as_frame=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=1)

with mlflow.start_run(run_name="forest"):
    forest = RandomForestRegressor(n_estimators=20, max_depth=4, random_state=1).fit(x_train, y_train)
    forest.score(x_test, y_test)

with mlflow.start_run(run_name="grid"):
    GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=3).fit(x_train, y_train)

# The model comes back as it was.
again = mlflow.sklearn.load_model(mlflow.last_logged_model().model_uri)
assert again.best_params_ if hasattr(again, "best_params_") else again.predict(x_test).shape == y_test.shape
