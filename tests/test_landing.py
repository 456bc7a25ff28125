import landing


def test_the_landing_picture_is_its_notebooks_own():
    assert landing.PICTURE.read_bytes() == landing.picture(), "run `make notebooks`"
