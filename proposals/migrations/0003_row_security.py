from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("proposals", "0002_drafts_and_decisions_are_immutable"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("FlowProposal"),
        TenantTable("ProposalDraft"),
        TenantTable("ProposalEvidence"),
        TenantTable("ProposalDecision"),
        TenantTable("AnalysisRun"),
        TenantTable("SessionAnalysis"),
    ]
