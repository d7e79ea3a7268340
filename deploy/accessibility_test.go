package deploy_test

import (
	"regexp"
	"strings"
	"testing"
)

// criteria are those of levels A and AA in WCAG 2.2, of 12 December 2024.
const criteria = "1.1.1:A 1.2.1:A 1.2.2:A 1.2.3:A 1.2.4:AA 1.2.5:AA 1.3.1:A 1.3.2:A 1.3.3:A 1.3.4:AA 1.3.5:AA 1.4.1:A 1.4.2:A 1.4.3:AA 1.4.4:AA 1.4.5:AA " +
	"1.4.10:AA 1.4.11:AA 1.4.12:AA 1.4.13:AA 2.1.1:A 2.1.2:A 2.1.4:A 2.2.1:A 2.2.2:A 2.3.1:A 2.4.1:A 2.4.2:A 2.4.3:A 2.4.4:A 2.4.5:AA 2.4.6:AA 2.4.7:AA 2.4.11:AA " +
	"2.5.1:A 2.5.2:A 2.5.3:A 2.5.4:A 2.5.7:AA 2.5.8:AA 3.1.1:A 3.1.2:AA 3.2.1:A 3.2.2:A 3.2.3:AA 3.2.4:AA 3.2.6:A 3.3.1:A 3.3.2:A 3.3.3:AA 3.3.4:AA 3.3.7:A 3.3.8:AA " +
	"4.1.2:A 4.1.3:AA"

// TestEveryCriterionHasItsVerdict: accessibility.md has a row for each criterion and for no
// other, and each verdict but "not applicable" says what shows it: a test, or what was read.
func TestEveryCriterionHasItsVerdict(t *testing.T) {
	text := read(t, "accessibility.md")
	rows := map[string][]string{}
	for _, match := range regexp.MustCompile(`(?m)^\| (\d\.\d\.\d+) [^|]+ \| (A|AA) \| (supports|partly|not applicable) \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1) {
		rows[match[1]+":"+match[2]] = match[3:]
	}
	listed := strings.Fields(criteria)
	for _, criterion := range listed {
		row, known := rows[criterion]
		switch {
		case !known:
			t.Errorf("accessibility.md has no row for %s", criterion)
		case row[0] != "not applicable" && !aTest.MatchString(row[1]) && !strings.Contains(row[1], "read from "):
			t.Errorf("%s: nothing shows the verdict %q", criterion, row[0])
		}
	}
	if len(listed) != 55 || strings.Count(text, "\n| ")-1 != len(listed) || len(rows) != len(listed) {
		t.Errorf("of %d criteria %d have a row that can be read, among %d rows", len(listed), len(rows), strings.Count(text, "\n| ")-1)
	}
	if !strings.Contains(text, "Nobody who uses a screen reader has tested the pages yet") {
		t.Error("accessibility.md does not say that nobody who uses a screen reader has tested the pages")
	}
}
