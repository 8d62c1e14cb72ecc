"""Panels that react: each has a static picture for where no widgets can be shown."""

from gateway_kit.widgets.threshold import ThresholdModel, ThresholdSlider

__all__ = ["ThresholdModel", "ThresholdSlider"]
