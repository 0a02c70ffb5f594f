namespace Fovea.Verification.Checks;

/// <summary>A reference that is missing, misshapen or not understood: the check fails with this line.</summary>
internal sealed class ReferenceException(string message) : FoveaException(message);
