<?php throw new Exception("a test");
