using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>
/// A way through a tower's blocks without gradients, beside its own plain operators. A path knows the tower; the tower knows no path, but is given one.
/// </summary>
internal interface ITowerPath : IDisposable
{
    /// <summary>Runs the first <paramref name="depth"/> blocks: <c>[images, tokens, hidden]</c> -> the same, in the type of <paramref name="x"/>.</summary>
    Tensor Forward(Tensor x, int depth);
}
