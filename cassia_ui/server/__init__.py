"""The server of shared mode: Streamlit's own, with a few addresses and headers of ours."""
