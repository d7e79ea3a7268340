package chamber

import (
	chamberv1 "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
)

// evidenceKinds is the contract's numbering of the evidence. A kind that is not
// stated is no evidence, so it is not in the table.
var evidenceKinds = map[chamberv1.EvidenceKind]Evidence{
	chamberv1.EvidenceKind_EVIDENCE_KIND_EXPORT_INVOICE:           ExportInvoice,
	chamberv1.EvidenceKind_EVIDENCE_KIND_PRO_FORMA_INVOICE:        ProFormaInvoice,
	chamberv1.EvidenceKind_EVIDENCE_KIND_OWN_PRODUCTION:           OwnProduction,
	chamberv1.EvidenceKind_EVIDENCE_KIND_SUPPLIER_INVOICE:         SupplierInvoice,
	chamberv1.EvidenceKind_EVIDENCE_KIND_FOREIGN_CERTIFICATE:      ForeignCertificate,
	chamberv1.EvidenceKind_EVIDENCE_KIND_SUPPLY_CHAIN_DECLARATION: SupplyChainDeclaration,
	chamberv1.EvidenceKind_EVIDENCE_KIND_WRITTEN_EXPLANATION:      WrittenExplanation,
}

// carnetUses is the contract's numbering of what goods are taken abroad for.
var carnetUses = map[chamberv1.CarnetUse]Use{
	chamberv1.CarnetUse_CARNET_USE_UNSPECIFIED:            "",
	chamberv1.CarnetUse_CARNET_USE_SAMPLES:                Samples,
	chamberv1.CarnetUse_CARNET_USE_PROFESSIONAL_EQUIPMENT: ProfessionalEquipment,
	chamberv1.CarnetUse_CARNET_USE_FAIR:                   Fair,
	chamberv1.CarnetUse_CARNET_USE_OTHER:                  OtherUse,
}

func wireKinds(evidence []Evidence) []chamberv1.EvidenceKind {
	var kinds []chamberv1.EvidenceKind
	for _, e := range evidence {
		for kind, known := range evidenceKinds {
			if known == e {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

func wireList(list EvidenceList) *chamberv1.EvidenceList {
	return &chamberv1.EvidenceList{All: wireKinds(list.All), Exceptional: list.Exceptional}
}
