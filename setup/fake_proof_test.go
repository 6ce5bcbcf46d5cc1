package setup

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

// changeProof changes certificates and federated credentials. A list that
// names a certificate that is not there, without its key, is refused.
func (d *directory) changeProof(c entra.Change) (out entra.Created, err error) {
	switch c := c.(type) {
	case entra.AddCertificate:
		return d.addCertificate(c)
	case entra.RemoveCertificate:
		return out, d.eachApp(c.App, func(a *entra.Application) error {
			return d.replaceCertificates(a, c.Apply(entra.Application{Certificates: c.Existing}).Certificates)
		})
	case entra.AddFederatedCredential:
		return entra.Created{Federated: &c.Credential}, d.eachApp(c.App, func(a *entra.Application) error {
			if slices.ContainsFunc(a.Federated, func(f entra.FederatedCredential) bool { return f.Same(c.Credential) || f.Name == c.Credential.Name }) {
				return refuse(409, "Request_MultipleObjectsWithSameKeyValue")
			}
			*a = c.Apply(*a)
			return nil
		})
	case entra.RemoveFederatedCredential:
		return out, d.eachApp(c.App, func(a *entra.Application) error {
			before := len(a.Federated)
			if *a = c.Apply(*a); len(a.Federated) == before {
				return refuse(404, "Request_ResourceNotFound")
			}
			return nil
		})
	}
	return out, refuse(400, "Request_BadRequest")
}

func (d *directory) addCertificate(c entra.AddCertificate) (entra.Created, error) {
	row := c.Certificate.Row()
	if row.Fingerprint == "" {
		d.violations = append(d.violations, "a certificate without content sent")
	}
	err := d.eachApp(c.App, func(a *entra.Application) error {
		if err := d.replaceCertificates(a, c.Existing); err != nil {
			return err
		}
		if !slices.ContainsFunc(a.Certificates, func(o entra.Certificate) bool { return o.KeyID == row.KeyID }) {
			a.Certificates = append(a.Certificates, row)
		}
		return nil
	})
	return entra.Created{Certificate: &row, SecretValue: c.Certificate.Private}, err
}

// replaceCertificates takes the list that was sent, each entry as it is here.
func (d *directory) replaceCertificates(a *entra.Application, list []entra.Certificate) error {
	out := make([]entra.Certificate, 0, len(list)+1)
	for _, o := range list {
		i := slices.IndexFunc(a.Certificates, func(there entra.Certificate) bool { return there.KeyID == o.KeyID })
		if i < 0 {
			return refuse(400, "Request_BadRequest")
		}
		out = append(out, a.Certificates[i])
	}
	a.Certificates = out
	return nil
}
