package advise

// ownGuide is what a guide says of one product alone.
type ownGuide struct {
	Guide
	// oldFixed is what stood in fields with a choice, by label.
	oldFixed map[string]string
	tell     []string
}

// guides by the id of the integration, from the products' own pages.
var guides = map[string]ownGuide{
	"frontegg": {
		Guide: Guide{
			Support: EntraOnly,
			Known:   "Frontegg's page describes Microsoft Entra alone and says that the retired OAuth is not to be used.",
			First:   []string{"Look in the Frontegg portal which client ID is entered: when a registration of that id is in your tenant, you have moved already."},
			Then:    []string{"Select the scopes again and choose Save."},
			Unsourced: []string{
				"Whether Frontegg ever took apps of the retired OAuth, and what becomes of connections made with one.",
			},
		},
		tell: []string{"Tell them before you save: from then on their connections answer with an error until they have connected again."},
	},
	"paragon": {
		Guide: Guide{
			Support: Both,
			Known:   "Paragon offers both kinds by its Application Type; the old one is there only for those who had it before Microsoft's announcement.",
			First: []string{
				"Look at Application Type: Azure DevOps OAuth App is the retired one, Microsoft Entra ID App the new one.",
				"When Client ID and Client Secret are empty, Paragon's own development keys are used: then there is no old app of yours, only a choice of type.",
			},
			Then: []string{"Choose Microsoft Entra ID App as Application Type before you fill in the rest."},
			Unsourced: []string{
				"Whether both types can be used side by side while people move.",
			},
		},
		oldFixed: map[string]string{"Application Type": "Azure DevOps OAuth App"},
		tell:     []string{"Paragon itself warns that the change is disruptive: plan it, and tell everybody who is connected beforehand."},
	},
	"stackone": {
		Guide: Guide{
			Support: EntraOnly,
			Known:   "StackOne's page describes a Connector Profile of the type OAuth 2.0 (Microsoft Entra ID) alone.",
			First:   []string{"Look at the type of your Connector Profile for Azure DevOps: when it is OAuth 2.0 (Microsoft Entra ID), you have moved already."},
			Then: []string{
				"Create a new Connector Profile rather than changing the old one, so that the old one goes on until everybody has moved.",
				"Grant admin consent for the tenant, as StackOne's page asks.",
				"Remove the old profile when nobody uses it any more.",
			},
			Unsourced: []string{
				"Which other types a Connector Profile for Azure DevOps can have, and whether linked accounts can be moved from one profile to another.",
			},
		},
		tell: []string{"Send them a new link of the new Connector Profile."},
	},
	"cyclr": {
		Guide: Guide{
			Support: LegacyOnly,
			Known:   "Cyclr's page describes the retired OAuth alone. Whether your version of the connector signs in through Microsoft Entra is not said there.",
			First: []string{
				"Ask Cyclr whether the Microsoft Azure DevOps connector of your service signs in through Microsoft Entra, and from which version on. Until it does, nothing of Entra works in its fields.",
				"Until then keep the old app alive: renew its secret before 60 days are over.",
				"Find out whether one app serves all users or each has one of their own: in the second case each of them moves by themselves.",
			},
			Then: []string{
				"Register exactly the scopes that stand in Cyclr, no more and no less: the page demands it, and answers InvalidScope otherwise.",
				"Update the connector to the version that Cyclr names, then sign in again in each connector that is installed.",
			},
			Unsourced: []string{
				"Everything about Microsoft Entra: the page describes the retired registration.",
			},
		},
		tell: []string{"In each installed connector somebody chooses Sign In again; cycles that use it stand still until then."},
	},
	"custom": {
		Guide: Guide{
			Support: Yours,
			Known:   "It is your own service, or one we know no page of. The guide lists what changes in its requests.",
			First: []string{
				"Find where the addresses of the old OAuth stand: search the configuration for app.vssps.visualstudio.com/oauth2 and response_type=Assertion.",
				"Look whether organizations of your users are connected to Entra: with personal Microsoft accounts nobody can sign in.",
			},
			Then: []string{
				"Change the addresses and the parameters of the requests.",
				"Keep old and new apart in your database: a refresh token of the old OAuth is worth nothing to Entra.",
				"Let both go on side by side until everybody has connected again, then take the old one out.",
			},
			Unsourced: []string{"The labels of your service's own form."},
		},
		tell: []string{"Show whoever still has an old connection a notice with a button to connect again."},
	},
}
