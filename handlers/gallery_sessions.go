package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// gallerySessions are two people of two tenants.
func gallerySessions() []sessionRow {
	admin := entra.Person{Tenant: "11111111-2222-3333-4444-555555555555", ID: "1", UPN: "admin@contoso.example"}
	support := entra.Person{Tenant: "99999999-2222-3333-4444-555555555555", ID: "2", UPN: "support.with.a.long.name@adventure-works.example"}
	return []sessionRow{
		{Mark: "0123456789abcdef", Name: admin.UPN, Role: Admin.String(), IP: "192.0.2.7", Person: admin, Since: galleryTime.Add(-time.Hour), Used: galleryTime, Ends: galleryTime.Add(7 * time.Hour), This: true},
		{Mark: "fedcba9876543210", Name: support.UPN, Role: Support.String(), IP: "2001:db8::7", Person: support, Since: galleryTime.Add(-3 * time.Hour), Used: galleryTime.Add(-10 * time.Minute), Ends: galleryTime.Add(5 * time.Hour)},
	}
}
