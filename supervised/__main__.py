"""The runner: python -m supervised TASK [flags] is `trivium run TASK`, limited to supervised learning."""

import sys

try:
    from core.lab.cli import main
except ImportError as error:  # a folder core/ in the current directory takes the place of ours
    print(f"error: {error}: is there another package 'core' in this folder? Run from elsewhere", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], paradigm="supervised"))
