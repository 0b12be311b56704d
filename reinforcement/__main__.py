"""The runner: python -m reinforcement TASK [flags] is `trivium run TASK`, limited to reinforcement learning."""

import sys

from trivium import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], paradigm="reinforcement"))
