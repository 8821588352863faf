"""The view *Look inside*: the microscope of a recurrent cell, and the sensitivity of any other model."""
