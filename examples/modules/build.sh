mkdir -p dist
echo built >dist/index.html
