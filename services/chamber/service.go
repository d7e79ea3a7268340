package chamber

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	chamberv1 "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	"github.com/businessespoo/hub/services/kit/assessment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/provider"
)

// register registers the chamber's own service beside what all providers have.
func register(r grpc.ServiceRegistrar, a provider.Access) {
	amounts := func() []catalogue.Amount { return a.Catalogue.Amounts }
	chamberv1.RegisterExportDocumentServiceServer(r, NewExportDocumentService(amounts, a.Clock))
}

// ExportDocumentServer answers businessespoo.chamber.v1.ExportDocumentService.
// It keeps nothing of what it is asked.
type ExportDocumentServer struct {
	chamberv1.UnsafeExportDocumentServiceServer

	amounts func() []catalogue.Amount
	now     func() time.Time
}

// NewExportDocumentService returns the server. Amounts gives the chamber's
// reference data, which may be newer with each call; now is the clock.
func NewExportDocumentService(amounts func() []catalogue.Amount, now func() time.Time) *ExportDocumentServer {
	return &ExportDocumentServer{amounts: amounts, now: now}
}

// ListOriginEvidence lists the ways to show the origin of goods.
func (s *ExportDocumentServer) ListOriginEvidence(context.Context, *chamberv1.ListOriginEvidenceRequest) (*chamberv1.ListOriginEvidenceResponse, error) {
	response := &chamberv1.ListOriginEvidenceResponse{Source: originPage.Source, Mark: string(originPage.Mark)}
	for _, list := range OriginEvidence() {
		response.Lists = append(response.Lists, wireList(list))
	}
	for number := range len(evidenceKinds) {
		kind := chamberv1.EvidenceKind(number + 1)
		response.Evidence = append(response.Evidence, &chamberv1.Evidence{
			Kind: kind, DisplayName: assessment.Texts(evidenceKinds[kind].Names()),
		})
	}
	return response, nil
}

// CheckOriginEvidence tells whether evidence is enough for a certificate of origin.
func (s *ExportDocumentServer) CheckOriginEvidence(_ context.Context, request *chamberv1.CheckOriginEvidenceRequest) (*chamberv1.CheckOriginEvidenceResponse, error) {
	var r assessment.Reader
	on := r.Today("date", request.GetDate(), s.now())
	var given []Evidence
	for i, kind := range request.GetEvidence() {
		given = append(given, assessment.Choice(&r, fmt.Sprintf("evidence[%d]", i), kind, evidenceKinds))
	}
	authorisations := authorisationsOf(&r, request.GetAuthorisations())
	if err := r.Err(); err != nil {
		return nil, err
	}
	c := CheckOrigin(given, authorisations, s.amounts(), on)
	response := &chamberv1.CheckOriginEvidenceResponse{
		Service: name.Service("chamber", ServiceCertificateOfOrigin),
		Date:    string(on),
		Verdict: assessment.Verdict(c.Verdict),
		Reasons: assessment.Reasons(c.Reasons),
		Missing: wireKinds(c.Missing),
		Figures: assessment.Figures(c.Figures),
	}
	if len(c.Matched.All) > 0 {
		response.Matched = wireList(c.Matched)
	}
	return response, nil
}

func authorisationsOf(r *assessment.Reader, wire []*chamberv1.Authorisation) []Authorisation {
	var all []Authorisation
	for i, w := range wire {
		field := fmt.Sprintf("authorisations[%d].", i)
		if w.GetValidFrom() == "" {
			r.Wrong(field+"valid_from", "is required: the first day of the authorisation document")
		}
		a := Authorisation{NamesAdministrator: r.Answer(field+"names_administrator", w.GetNamesAdministrator())}
		a.ValidFrom = r.Date(field+"valid_from", w.GetValidFrom())
		a.ValidTo = r.Date(field+"valid_to", w.GetValidTo())
		r.Order(field+"valid_to", a.ValidTo, "the first day of the document", a.ValidFrom)
		all = append(all, a)
	}
	return all
}

// PlanCarnet tells whether goods may travel on an ATA carnet, and the dates.
func (s *ExportDocumentServer) PlanCarnet(_ context.Context, request *chamberv1.PlanCarnetRequest) (*chamberv1.PlanCarnetResponse, error) {
	var r assessment.Reader
	on := r.Today("date", request.GetDate(), s.now())
	j := journeyOf(&r, request, on)
	if err := r.Err(); err != nil {
		return nil, err
	}
	c := CheckCarnet(j, s.amounts(), on)
	return &chamberv1.PlanCarnetResponse{
		Service:   name.Service("chamber", ServiceATACarnet),
		Date:      string(on),
		Verdict:   assessment.Verdict(c.Verdict),
		Reasons:   assessment.Reasons(c.Reasons),
		LastDay:   string(c.LastDay),
		Deadlines: assessment.Deadlines(c.Reminders),
		Figures:   assessment.Figures(c.Figures),
	}, nil
}

func journeyOf(r *assessment.Reader, request *chamberv1.PlanCarnetRequest, on catalogue.Date) Journey {
	j := Journey{
		Use:       assessment.Choice(r, "use", request.GetUse(), carnetUses),
		Processed: r.Answer("processed", request.GetProcessed()),
		Repaired:  r.Answer("repaired", request.GetRepaired()),
		Consumed:  r.Answer("consumed", request.GetConsumed()),
		GivenAway: r.Answer("given_away", request.GetGivenAway()),
		Departure: r.Date("departs", request.GetDeparts()),
		Return:    r.Date("returns", request.GetReturns()),
		Issued:    r.Date("issued", request.GetIssued()),
		ValidTo:   r.Date("valid_to", request.GetValidTo()),
	}
	for i, country := range request.GetCountries() {
		country = strings.TrimSpace(country)
		if country == "" {
			r.Wrong(fmt.Sprintf("countries[%d]", i), "is empty; name a country, or leave the entry out")
		}
		j.Countries = append(j.Countries, country)
	}
	r.NotAfter("issued", j.Issued, on)
	if request.GetValidTo() != "" && request.GetIssued() == "" {
		r.Wrong("issued", "is required beside valid_to: the day on which the carnet was issued")
	}
	r.Order("valid_to", j.ValidTo, "the day of issue", j.Issued)
	r.Order("departs", j.Departure, "the day of issue", j.Issued)
	r.Order("returns", j.Return, "the day on which the goods leave", j.Departure)
	return j
}
