"""What a run's network is for others: ONNX, safetensors for PyTorch, one file of NumPy."""
