"""What every request passes through: ids, origins, tokens, policies, bodies, errors."""
