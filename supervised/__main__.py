"""The runner: python -m supervised TASK [flags] is `trivium run TASK`, limited to supervised learning."""

import sys

from trivium import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], paradigm="supervised"))
