-- Makes Synapse's role and database if they are missing.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {{ role }}) THEN CREATE ROLE {{ raw role_name }} LOGIN; END IF;
END $$;
SELECT {{ create }} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {{ database }}) \gexec
