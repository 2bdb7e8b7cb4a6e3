# SPDX-License-Identifier: BSD-2-Clause
"""TAP, printed as it comes: what every runner of these tests reports with."""


class Report:
    def __init__(self):
        self.count = self.failures = 0

    def point(self, good, text, detail=""):
        """One test point; `detail` is shown if it failed."""
        self.count += 1
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}", flush=True)
        if not good and detail:
            self.comment(detail)

    def owed(self, text):
        """A point that is known to fail (TAP's TODO): shown, and no failure of the run."""
        self.count += 1
        print(f"not ok {self.count} - {text}", flush=True)

    def empty(self, problems, text):
        """A point that is good if there is nothing in the list of problems."""
        problems = list(problems)
        self.point(not problems, text, "\n".join(map(str, problems)))

    def comment(self, text):
        for line in str(text).splitlines():
            print("# " + line)

    def end(self):
        """The plan; what the process is to return."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0
