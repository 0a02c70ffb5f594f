using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

public sealed class PrefetcherTests
{
    [Fact]
    public void A_piece_that_was_foreseen_is_prepared_on_another_thread_before_it_is_taken()
    {
        var here = Environment.CurrentManagedThreadId;
        var elsewhere = 0;
        using var begun = new ManualResetEventSlim();
        using var pieces = new Prefetcher<int, int>(ahead: true, (key, _) =>
        {
            if (key == 1)
            {
                elsewhere = Environment.CurrentManagedThreadId;
                begun.Set();
            }

            return key * 10;
        });
        Assert.Equal(0, pieces.Take(0, 1));
        begun.Wait(TestContext.Current.CancellationToken); // it is not taken yet
        Assert.NotEqual(here, elsewhere);
        Assert.Equal(10, pieces.Take(1, null));
        Assert.Equal(20, pieces.Take(2, 5)); // nothing was foreseen
        Assert.Equal(30, pieces.Take(3, null)); // something else was
    }

    [Fact]
    public void A_failure_comes_up_where_its_piece_is_taken_and_nowhere_else()
    {
        var broken = true;
        using var pieces = new Prefetcher<int, int>(ahead: true, (key, _) => key == 1 && broken ? throw new InvalidOperationException("one") : key);
        Assert.Equal(0, pieces.Take(0, 1));
        Assert.Throws<InvalidOperationException>(() => pieces.Take(1, 2));
        broken = false;
        Assert.Equal(1, pieces.Take(1, 2)); // prepared anew
        broken = true;
        Assert.Equal(2, pieces.Take(2, 1));
        Assert.Equal(3, pieces.Take(3, 1)); // the failure of 1 is forgotten, and so is the next by disposing
    }

    [Fact]
    public void Not_ahead_everything_is_prepared_when_it_is_taken()
    {
        var prepared = new List<int>();
        using var pieces = new Prefetcher<int, int>(ahead: false, (key, _) =>
        {
            prepared.Add(key);
            return Environment.CurrentManagedThreadId;
        });
        Assert.Equal(Environment.CurrentManagedThreadId, pieces.Take(0, 1));
        Assert.Equal([0], prepared);
        Assert.Equal(Environment.CurrentManagedThreadId, pieces.Take(1, null));
    }

    [Fact]
    public void What_is_not_wanted_any_more_is_told_so_and_waited_for()
    {
        var ended = false;
        var pieces = new Prefetcher<int, int>(ahead: true, (key, unwanted) =>
        {
            if (key == 1)
            {
                unwanted.WaitHandle.WaitOne();
                ended = true;
            }

            return key;
        });
        Assert.Equal(0, pieces.Take(0, 1));
        pieces.Dispose();
        Assert.True(ended);
    }
}
