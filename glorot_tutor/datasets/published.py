"""MNIST, Fashion-MNIST and CIFAR-10 as published: addresses, hashes, class counts.

The MD5 sums are the publishers'. The SHA-256 sums are those of the unpacked official files, so
that a copy packed in another way is as good.
"""

from __future__ import annotations

from glorot_tutor.datasets import cifar, idx
from glorot_tutor.datasets.publication import File, Publication

_IDX_FILES = (
    ("train-images-idx3-ubyte", "train-images", 16 + 60_000 * 784),
    ("train-labels-idx1-ubyte", "train-labels", 8 + 60_000),
    ("t10k-images-idx3-ubyte", "test-images", 16 + 10_000 * 784),
    ("t10k-labels-idx1-ubyte", "test-labels", 8 + 10_000),
)


def _files(*digests: str) -> tuple[File, ...]:
    return tuple(File(*file, digest) for file, digest in zip(_IDX_FILES, digests, strict=True))


def _registry(*digests: str) -> dict[str, str]:
    return {f"{file[0]}.gz": f"md5:{md5}" for file, md5 in zip(_IDX_FILES, digests, strict=True)}


MNIST = Publication(
    name="mnist",
    title="MNIST (LeCun, Cortes and Burges), handwritten digits",
    classes=tuple("0123456789"),
    shape=(28, 28),
    files=_files(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    registry=_registry(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    archives=(),
    folder="mnist",
    held_out=10_000,
    counts=(
        (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    ),
    decode=idx.decode,
)
"""50,000 / 10,000 / 10,000 examples: the published training set, its last 10,000 held out."""

FASHION_MNIST = Publication(
    name="fashion-mnist",
    title="Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, MIT licence), articles of clothing",
    classes=(
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    shape=(28, 28),
    files=_files(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    registry=_registry(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    archives=(),
    folder="fashion-mnist",
    held_out=10_000,
    counts=((6000,) * 10, (1000,) * 10),
    decode=idx.decode,
)
"""50,000 / 10,000 / 10,000 examples, split as MNIST; not in the paper."""

_BATCH = 10_000 * cifar.ROW

CIFAR10 = Publication(
    name="cifar10",
    title="CIFAR-10 (Krizhevsky, 2009), small colour photographs",
    classes=(
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    shape=cifar.SHAPE,
    files=tuple(
        File(f"{name}.bin", name.split("_")[0].replace("data", "train"), _BATCH, digest)
        for name, digest in (
            ("data_batch_1", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            ("data_batch_2", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            ("data_batch_3", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            ("data_batch_4", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            ("data_batch_5", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            ("test_batch", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        )
    ),
    registry={"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"},
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    archives=("cifar-10-binary.tar", "cifar-10-batches-bin.tar"),
    folder="cifar-10-batches-bin",
    held_out=10_000,
    counts=((5000,) * 10, (1000,) * 10),
    decode=cifar.decode,
)
"""40,000 / 10,000 / 10,000 examples: batches 1 to 4, batch 5, the test batch."""

PUBLISHED = {one.name: one for one in (MNIST, FASHION_MNIST, CIFAR10)}
