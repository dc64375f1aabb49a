"""Several collections in one data folder: their names, folders and open services. No HTTP here."""
