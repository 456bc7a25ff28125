import landing


def test_the_landing_picture_is_its_notebooks_own():
    # a bare comparison of 80,000 bytes would be explained byte by byte, for minutes
    same = landing.PICTURE.read_bytes() == landing.picture()
    assert same, "run `make notebooks`"
