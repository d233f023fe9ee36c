"""An unchanged script of a scientist: PyTorch Lightning under mlflow.autolog(), and with Lightning's own logger for MLflow."""

import os

import lightning as L
import mlflow
import torch
from lightning.pytorch.loggers import MLFlowLogger
from torch.utils.data import DataLoader, TensorDataset


class Line(L.LightningModule):
    def __init__(self, width: int = 8, rate: float = 0.01):
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.ReLU(), torch.nn.Linear(width, 1))

    def training_step(self, batch, _):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.net(x), y)
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.rate)


def data():
    x = torch.randn(256, 3, generator=torch.Generator().manual_seed(1))
    return DataLoader(TensorDataset(x, x.sum(dim=1, keepdim=True)), batch_size=32)


quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu", "log_every_n_steps": 1}
L.seed_everything(1)
mlflow.set_experiment("autolog lightning")
mlflow.pytorch.autolog()
with mlflow.start_run(run_name="by autolog"):
    L.Trainer(max_epochs=3, logger=False, enable_checkpointing=False, **quiet).fit(Line(), data())
mlflow.pytorch.autolog(disable=True)

logger = MLFlowLogger(experiment_name="lightning logger", run_name="by logger", tracking_uri=os.environ["MLFLOW_TRACKING_URI"])
L.Trainer(max_epochs=2, logger=logger, enable_checkpointing=False, **quiet).fit(Line(), data())
