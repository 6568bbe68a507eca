<?php const VERSION = 'v1';
