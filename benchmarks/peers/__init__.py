"""What ChatStream is measured against: what a team would write instead, and a proxy that only moves bytes."""
