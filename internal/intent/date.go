package intent

import (
	"cmp"
	"fmt"
)

// Date is a day of the Gregorian calendar. The zero Date is no day. Engines
// have no clock, so it is a value of our own and not a time.
type Date struct{ Year, Month, Day int }

// ParseDate reads a day as ISO 8601 writes it: "2027-01-31".
func ParseDate(text string) (Date, error) {
	var d Date
	var rest string
	// Scanning alone would take "2027-1-31" and signs, printing again does not.
	if n, _ := fmt.Sscanf(text, "%4d-%2d-%2d%s", &d.Year, &d.Month, &d.Day, &rest); n != 3 || d.String() != text {
		return Date{}, fmt.Errorf("read date %q: write it as YYYY-MM-DD", text)
	}
	if d.Year < 1 || d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > daysIn(d.Year, d.Month) {
		return Date{}, fmt.Errorf("read date %q: there is no such day", text)
	}
	return d, nil
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Compare is negative if d is before e, and positive if it is after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// String is the day as "2027-01-31", or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}
