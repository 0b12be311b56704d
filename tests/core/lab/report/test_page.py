import base64

from core.lab.report.page import Section, picture, write_page


def test_a_page_holds_its_pictures_and_sounds(tmp_path):
    parts = []
    for name, raw in {"a.png": b"picture", "b.wav": b"sound"}.items():
        (tmp_path / name).write_bytes(raw)
        parts.append(picture(tmp_path / name, f"the {raw.decode()} <b>"))
    write_page(tmp_path / "page.html", "title", "lead", [Section(pictures=parts)])
    page = (tmp_path / "page.html").read_text()
    assert f'<img src="data:image/png;base64,{base64.b64encode(b"picture").decode()}"' in page
    assert f'<audio controls src="data:audio/wav;base64,{base64.b64encode(b"sound").decode()}"' in page
    assert "media-src data:" in page  # or the page's own policy forbids it to play
    assert "the sound &lt;b&gt;" in page
