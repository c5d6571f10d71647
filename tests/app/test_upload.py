"""A file handed over goes by the name that its owner gives it, whatever it is called on the server."""

import pytest
from gradio.data_classes import FileData, ImageData, ListFiles

from app.components.upload import LONGEST, PictureFile, PictureFiles

NAMES = {
    'kite [2] (copy) #7, 100% "wild".jpg': 'kite [2] (copy) #7, 100% "wild".jpg',
    "C:\\photos\\Löwe & co's.heic": "Löwe & co's.heic",
    "../../etc/passwd": "passwd",
    "two\nlines\x00.png": "twolines.png",
    "": "on-disk.png",
    None: "on-disk.png",
    "x" * 500: "x" * LONGEST,
}


@pytest.mark.parametrize("given", NAMES)
def test_a_file_keeps_its_own_name(given):
    one = PictureFile(type="filepath").preprocess(ImageData(path="/tmp/on-disk.png", orig_name=given))
    assert one == ("/tmp/on-disk.png", NAMES[given])
    listed = ListFiles([FileData(path="/tmp/on-disk.png", orig_name=given)])
    assert PictureFiles(file_count="multiple").preprocess(listed) == [one]


def test_empty_fields_hand_over_nothing():
    assert PictureFile(type="filepath").preprocess(None) is None
    assert PictureFiles().preprocess(None) == []
