"""The calendar in ONNX's arithmetic is that of NumPy's dates, on every day of four centuries and far outside them."""

import numpy as np
import pytest

from core.lab.data.dates import passed


def test_the_shares_of_year_month_week_and_day_are_those_of_numpy():
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    from core.lab.export.calendar import Calendar
    from core.lab.export.onnx import IR, OPSET, Writer, runner

    b = Writer(["v"])
    calendar = Calendar(b, "v")
    names = {part: getattr(calendar, part) for part in ("month", "day", "weekday", "hour")}
    tensors = [numpy_helper.from_array(array, name) for name, array in b.constants.items()]
    values = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", 1]) for name in ("v", *names.values())]
    graph = helper.make_graph(b.nodes, "calendar", values[:1], values[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model, full_check=True)
    rng = np.random.default_rng(0)
    v = np.concatenate([np.arange(-100_000.0, 60_000), rng.uniform(-1e6, 1e6, 3000), [-0.25, 0, 0.75]])
    found, expected = runner(model.SerializeToString())[0]({"v": v[:, None]}), passed(v)
    for part, name in names.items():
        np.testing.assert_allclose(found[name][:, 0], expected[part].astype(float), atol=1e-12, err_msg=part)
