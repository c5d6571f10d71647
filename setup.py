"""What pyproject.toml cannot say: all packages are found by themselves, and `assets` becomes a folder of `engine`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["app", "app.*", "engine", "engine.*"]), "engine._assets"],
    package_dir={"engine._assets": "assets"},
)
