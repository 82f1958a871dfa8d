-- Makes Synapse's role and database if they are missing.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {{ role }}) THEN CREATE ROLE {{ raw role_name }} LOGIN; END IF;
END $$;
{% if metrics %}
-- The exporter's role, which may only look.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {{ metrics }}) THEN CREATE ROLE {{ raw metrics_name }} LOGIN; END IF;
END $$;
GRANT pg_monitor TO {{ raw metrics_name }};
{% end %}
SELECT {{ create }} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {{ database }}) \gexec
